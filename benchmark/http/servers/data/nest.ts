import type { AddressInfo } from 'node:net';

import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import {
  Controller,
  Get,
  HttpCode,
  Inject,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Query,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import type { Cache } from 'cache-manager';
// The constructor's types are what Nest injects by, so they are imported as values.
// oxlint-disable-next-line typescript/consistent-type-imports
import { Column, DataSource, Entity, MoreThan, PrimaryColumn, Repository } from 'typeorm';

import { announce } from '../control.ts';
import { cacheTtl, databaseUrl, pageSize, poolSize, statements, takeRows } from './fixtures.ts';

@Entity('users')
class User {
  @PrimaryColumn('int') id!: number;
  @Column('text') name!: string;
  @Column('text') email!: string;
  @Column('text') city!: string;
  @Column('numeric') balance!: string;
  @Column('int') visits!: number;
  @Column('boolean') active!: boolean;
}

@Entity('counters')
class Counter {
  @PrimaryColumn('int') id!: number;
  @Column('int') visits!: number;
}

@Controller()
class AppController {
  readonly #users: Repository<User>;
  readonly #dataSource: DataSource;
  readonly #cache: Cache;

  constructor(
    @InjectRepository(User) users: Repository<User>,
    dataSource: DataSource,
    @Inject(CACHE_MANAGER) cache: Cache,
  ) {
    this.#users = users;
    this.#dataSource = dataSource;
    this.#cache = cache;
  }

  @Get('users/:id')
  async find(@Param('id', ParseIntPipe) id: number): Promise<User> {
    const user = await this.#users.findOneBy({ id });
    if (user === null) throw new NotFoundException('User not found');
    return user;
  }

  @Get('users')
  async page(@Query('after', ParseIntPipe) after: number): Promise<{ users: User[] }> {
    const users = await this.#users.find({ where: { id: MoreThan(after) }, order: { id: 'ASC' }, take: pageSize });
    return { users };
  }

  @Get('cached/:id')
  cached(@Param('id', ParseIntPipe) id: number): Promise<User | undefined> {
    return this.#cache.wrap(`user:${id}`, async () => {
      const [user] = await this.#dataSource.query<User[]>(statements.load, [id]);
      return user;
    });
  }

  @Post('updates')
  @HttpCode(200)
  update(): Promise<{ updated: number }> {
    return this.#dataSource.transaction(async (manager) => {
      let updated = 0;
      for (const id of takeRows()) {
        const { affected } = await manager.increment(Counter, { id }, 'visits', 1);
        updated += affected ?? 0;
      }
      return { updated };
    });
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: databaseUrl(), poolSize, entities: [User, Counter] }),
    CacheModule.register({ ttl: cacheTtl * 1000 }),
    TypeOrmModule.forFeature([User, Counter]),
  ],
  controllers: [AppController],
})
// oxlint-disable-next-line typescript/no-extraneous-class -- all of a module is its decorator
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
announce((app.getHttpServer().address() as AddressInfo).port);
