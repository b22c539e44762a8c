import type { AddressInfo } from 'node:net';

import { Body, Controller, Get, Headers, Module, Param, ParseIntPipe, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

import { createUser } from './contract.ts';
import type { CreatedUser, NewUser } from './contract.ts';
import { announce } from './control.ts';

class AddressDto {
  @IsString() @Length(1, 200) street!: string;
  @IsString() @Length(1, 100) city!: string;
  @IsString() @Length(3, 12) zip!: string;
  @IsString() @Length(2, 2) country!: string;
}

class NewUserDto implements NewUser {
  @IsString() @Length(1, 100) name!: string;
  @IsEmail() email!: string;
  @IsInt() @Min(13) @Max(150) age!: number;
  @IsIn(['admin', 'editor', 'reader']) role!: NewUser['role'];
  @IsBoolean() newsletter!: boolean;
  @IsArray() @ArrayMaxSize(10) @Length(1, 30, { each: true }) tags!: string[];
  @IsObject() @ValidateNested() @Type(() => AddressDto) address!: AddressDto;
  @IsString() @MaxLength(500) bio!: string;
}

@Controller()
class AppController {
  @Get()
  hello(): { hello: string } {
    return { hello: 'world' };
  }

  @Get('users/:id')
  find(
    @Param('id', ParseIntPipe) id: number,
    @Headers('x-request-id') requestId: string,
  ): { id: number; requestId: string } {
    return { id, requestId };
  }

  @Post('users')
  create(@Body() user: NewUserDto): CreatedUser {
    return createUser(user);
  }
}

@Module({ controllers: [AppController] })
// oxlint-disable-next-line typescript/no-extraneous-class -- all of a module is its decorator
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { logger: false });
app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
await app.listen(0, '127.0.0.1');
announce((app.getHttpServer().address() as AddressInfo).port);
